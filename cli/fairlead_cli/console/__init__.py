"""The console: pages on loopback about every stack of the account, signed with the operator's credentials.

server    the socket: HTTP requests in, pages out
guard     who may ask: the token in the URL, Host, Origin
app       answers one request: guard, route, page; errors become pages
visit     one request and the stack that it names
frame     the page around the content, with its policy and style
pages     one module for each page
"""
