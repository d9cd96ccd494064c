"""A publisher's own package, part of a version: its bytes, its rules, and its import from memory.

Only the sklearn engine imports it, and only in a stack whose parameter `AllowModelCode` is `yes`.
"""
