#!/bin/sh
# Hand a mail that came back to notify: the mail on standard input, as Postfix's aliases and Exim's pipes give it.
# $1: a file for curl with one line, url = "http://…/callbacks/NAME/SECRET"; nobody but the mail server may read it.
# 75 (EX_TEMPFAIL) has the mail server try again later. The report comes first in such a mail: what is long is cut off.
{ head -c 200000; cat > /dev/null; } |
    curl --silent --show-error --fail --max-time 30 --output /dev/null --config "$1" \
         --header 'Content-Type: message/rfc822' --data-binary @- || exit 75
