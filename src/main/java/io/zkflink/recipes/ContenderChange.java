// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import io.zkflink.subtree.state.ZNodeState;
import org.apache.flink.annotation.Internal;

/**
 * What became of one child of a resource since the resource was last looked at.
 *
 * @param name of the child
 * @param known what is known of it; null if it is gone
 */
@Internal
public record ContenderChange(String name, What what, ZNodeState known) {

    public enum What {
        /** It is there and was not before, at least not as this znode. */
        NEW,
        /** Its data was set. */
        CHANGED,
        /** It was read and not found. */
        GONE,
        /** It was known, and the last walk did not meet it. */
        UNLISTED
    }
}
