"""The torture test: the whole product under load while everything it stands on is killed, stopped, cut and emptied.

`python -m tests.torture --minutes 10 --items 20000 --seed 7`. A separate checker, `python -m tests.torture.check FOLDER`,
compares what the clients were told with what the database and the receivers hold.
"""
