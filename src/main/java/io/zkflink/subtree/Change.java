// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZNode;

/** The difference between what was known of a znode and what was observed. */
public sealed interface Change {

    String path();

    /** A znode that was not known. */
    record Created(String path, ZNode znode, Known now) implements Change {}

    /** The data of the same znode was set. */
    record Changed(String path, Known before, ZNode znode, Known now) implements Change {}

    /** The znode was deleted and another one has its path. */
    record Recreated(String path, Known before, ZNode znode, Known now) implements Change {}

    /**
     * The znode is gone.
     *
     * @param millis when the read was sent that did not find it, or when the walk began that did not, but no earlier than
     *     the znode's last change; in milliseconds since the epoch
     */
    record Deleted(String path, Known before, long millis) implements Change {}
}
