"""The kit that HTML pages are made with: elements, blocks, axes, formatting, one style sheet."""
