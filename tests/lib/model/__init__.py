"""A model of SMTP and LMTP, and a judge that holds the plugin to it.

A server and a client written from the RFCs talk to each other at random; what the server made of
the client's octets is the truth. The captures of their talk are shown to the plugin, and what it
says must be that truth. Nothing here knows how the plugin reads.

    truth.py    what is true of a connection, as facts at octets of one side's stream
    server.py   the server: takes octets, answers, and writes the truth down
    client.py   the acts a client can put on, honest and hostile, and dialogues made of them
    talk.py     the wire between the two: who says which octets when, where TCP cuts
    judge.py    tshark's view, compared; the shortest dialogue that still differs; expectations

A dialogue comes of its seed alone. What is unusual in it has a name (an ingredient), so that a
difference can be traced to it.
"""
