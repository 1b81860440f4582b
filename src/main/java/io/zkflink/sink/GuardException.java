// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.ZooKeeperException;
import java.io.IOException;

/** What every request of a writer checks first does not hold, and so nothing of it was written. */
final class GuardException extends IOException {

    private static final long serialVersionUID = 1L;

    private final ZooKeeperException refusal;

    GuardException(ZooKeeperException refusal) {
        super(refusal.getMessage(), refusal);
        this.refusal = refusal;
    }

    ZooKeeperException refusal() {
        return refusal;
    }
}
