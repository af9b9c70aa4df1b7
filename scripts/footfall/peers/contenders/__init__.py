"""One module per contender. Each has `start(task)`, which begins a session, and `answer(session, task)`, which writes the answer."""
