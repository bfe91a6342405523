"""The only room that speaks to AWS, and it only reads."""
