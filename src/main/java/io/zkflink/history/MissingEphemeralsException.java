// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.IOException;

/** What a session had when it ended is not in the log, and cannot be found out from the files that are there. */
final class MissingEphemeralsException extends IOException {

    private static final long serialVersionUID = 1L;

    MissingEphemeralsException(long session, long zxid) {
        super(String.format(
                "Which ephemeral znodes went with the session 0x%x at %s is not known: servers before 3.6 do not log it,"
                        + " the logs do not have the session from its begin, and no snapshot ended surely before it. Add"
                        + " the folder of the snapshots or older files to 'log.path', or begin later by"
                        + " 'scan.startup.mode'.",
                session, Zxids.text(zxid)));
    }
}
