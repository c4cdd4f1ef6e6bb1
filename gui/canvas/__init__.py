"""The canvas: items that follow the document, and the gestures that change it."""
