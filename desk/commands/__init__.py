"""One module an intention: read arguments, one call into the domain, render."""
