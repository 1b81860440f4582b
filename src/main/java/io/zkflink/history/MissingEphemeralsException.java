// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.IOException;

/** What a session had when it ended is not in the log, and cannot be found out from the files that are there. */
final class MissingEphemeralsException extends IOException {

    private static final long serialVersionUID = 1L;

    MissingEphemeralsException(long session, long zxid) {
        super(String.format(
                "Which ephemeral znodes went with the session 0x%x at %s is not known: servers before 3.6 do not log it,"
                        + " and no snapshot says what was there before the first transaction log. Add the folder of the"
                        + " snapshots to 'log.path'.",
                session, Zxids.text(zxid)));
    }
}
