// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.annotation.Internal;

/** How much of each znode is read. */
@Internal
public enum Content {
    /** Only which znodes there are, which lists of children say: a znode has neither data nor Stat. */
    KEYS,
    /** The Stat: a znode has no data, which is not transferred where it is large. */
    STAT,
    /** Data and Stat. */
    DATA;

    public boolean isKeys() {
        return this == KEYS;
    }

    /** Reads a znode with its Stat, and its data if that is wanted. */
    public CompletableFuture<Optional<ZNode>> read(ZooKeeperClient client, String path) {
        return this == STAT ? client.stat(path) : client.read(path);
    }
}
