"""The project as data: document, catalogue, shapes, problems, generated code and files.

Knows nothing of training or of windows.
"""
