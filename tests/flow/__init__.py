"""Citizens' journeys over all services in one process, with a clock that stands until a test moves it."""
