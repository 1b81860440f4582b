// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import io.zkflink.client.ZNode;
import io.zkflink.subtree.state.ZNodeState;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import org.apache.flink.annotation.Internal;

/**
 * A contender's znode as it was last read, with what its row says of it. Replaced when its znode changes.
 *
 * @param owner who it is for: the data, or an empty text
 * @param known what is known of the znode; it also holds, and saves, whether a row is shown and whether that row is
 *     granted
 */
@Internal
public record Claim(Contender contender, ZNode znode, String owner, ZNodeState known) {

    static final Comparator<Claim> BY_SEQUENCE = Comparator.comparing(Claim::contender, Contender.ORDER);

    /** The order of arrival, where nobody is numbered. */
    static final Comparator<Claim> BY_ARRIVAL = Comparator.<Claim>comparingLong(claim -> claim.known.czxid())
            .thenComparing(claim -> claim.contender.name());

    static Claim of(Contender contender, ZNodeState known) {
        ZNode znode = known.last()
                .orElseThrow(() -> new IllegalStateException("The state of this scan was written"
                        + " with 'recipe' = 'node'. Start without the state, or use that recipe."));
        return new Claim(contender, znode, owner(znode), known);
    }

    /** Who a contender's znode is for. */
    public static String owner(ZNode znode) {
        return new String(znode.data(), StandardCharsets.UTF_8);
    }

    boolean isShown() {
        return !known.hidden();
    }
}
