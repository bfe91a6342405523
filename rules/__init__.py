"""The built-in rules, one module per family; found by entry point like anyone's."""
