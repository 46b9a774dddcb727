"""The pages: each function asks the APIs for what its page shows, and gives the page."""
