#!/bin/sh
# The program, on the Node that came with it.
exec /usr/lib/dorpel/node /usr/lib/dorpel/dist/src/dorpel.cjs "$@"
