// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;
import org.apache.flink.annotation.Internal;

/**
 * A child of a resource that takes part in its recipe, by its name alone.
 *
 * @param id what its creator recognises it by, if it has one
 * @param sequence the server's number: the lower one came first. 0 for members of a barrier and leases of kazoo, who
 *     have none
 * @param layout of the name
 */
@Internal
public record Contender(String name, Optional<UUID> id, int sequence, Layout layout) {

    /**
     * The order of a queue. The sequence is a signed counter that goes on with its lowest value after its highest one,
     * so its bits are compared as an unsigned number.
     */
    public static final Comparator<Contender> ORDER = Comparator.<Contender>comparingInt(
                    contender -> contender.sequence() ^ Integer.MIN_VALUE)
            .thenComparing(Contender::name);
}
