// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.io.IOException;

/** A request, or a whole session, that failed; the message names the address or path and says what to do. */
public class ZooKeeperException extends IOException {

    private static final long serialVersionUID = 1L;

    private final Failure failure;

    public ZooKeeperException(Failure failure, String message) {
        super(message);
        this.failure = failure;
    }

    /** None: it is made on the session's threads, whose frames tell a user nothing and fill the log. */
    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // changes nothing
    public Throwable fillInStackTrace() {
        return this;
    }

    public Failure failure() {
        return failure;
    }
}
