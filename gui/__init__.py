"""The window: canvas, inspector, panels. The only package that imports Qt."""
