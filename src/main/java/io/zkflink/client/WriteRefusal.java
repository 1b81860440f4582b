// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import org.apache.flink.annotation.Internal;

/**
 * Why none of the writes of a {@code multi} was made.
 *
 * @param index the first of them that the server refused; those before it would have been possible, nothing is known of
 *     those after it
 */
@Internal
public record WriteRefusal(int index, ZooKeeperException cause) {

    public Failure failure() {
        return cause.failure();
    }
}
