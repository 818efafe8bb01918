"""Bodies of requests and answers; declarations only, each field with its description."""
