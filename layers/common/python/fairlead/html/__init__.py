"""Building blocks of HTML pages: elements, page, blocks, axes, formatting, style sheet."""
