// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree.state;

import io.zkflink.client.ZNode;
import org.apache.flink.annotation.Internal;

/** The difference between what was known of a znode and what was observed. */
@Internal
public sealed interface Change {

    String path();

    /** A znode that was not known. */
    record Created(String path, ZNode znode, ZNodeState now) implements Change {}

    /** The data of the same znode was set. */
    record Changed(String path, ZNodeState before, ZNode znode, ZNodeState now) implements Change {}

    /** The znode was deleted and another one has its path. */
    record Recreated(String path, ZNodeState before, ZNode znode, ZNodeState now) implements Change {}

    /**
     * The znode is gone.
     *
     * @param millis when the read was sent that did not find it, or when the walk began that did not, but no earlier
     *     than the znode's last change; in milliseconds since the epoch
     */
    record Deleted(String path, ZNodeState before, long millis) implements Change {}
}
