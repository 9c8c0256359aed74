"""HTTP only: pages, forms and the API. Views parse, call one service, and render."""
