// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZooKeeperException;
import org.apache.flink.annotation.Internal;

/** What every request of a writer checks first does not hold, and so nothing of the request was written. */
@Internal
public final class GuardException extends ZooKeeperException {

    private static final long serialVersionUID = 1L;

    private final transient WriteRefusal refusal;

    GuardException(WriteRefusal refusal) {
        super(refusal.failure(), refusal.cause().getMessage());
        initCause(refusal.cause());
        this.refusal = refusal;
    }

    WriteRefusal refusal() {
        return refusal;
    }
}
