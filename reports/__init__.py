"""The built-in report formats, one module each; found by entry point like anyone's."""
