"""The admin app: what people who run the server, or answer for it, look at and decide.

Its own WSGI application on a port of its own, on this computer alone unless it is told otherwise,
behind the site's sign-on: the proxy names the person in a header, which counts from listed proxies
only. Whoever may read sees the store's figures, cards and comments; whoever may act also decides on
modes and versions. A page is HTML that the server wrote, without a script. Imports web for how
pages look; never commands or serve.
"""
