"""The house rules, one module a theme: tools/tidy runs them, tools/tidy_test breaks them."""
