// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.util.List;
import java.util.Optional;
import org.apache.flink.annotation.Internal;

/**
 * What came of a {@code multi}.
 *
 * @param refusal empty if all writes were made, else why none was
 * @param created the name, without what stands above it, of each znode that was created, in the order of the writes:
 *     the server appends to those of sequential ones. Empty if none was
 */
@Internal
public record WriteResult(Optional<WriteRefusal> refusal, List<String> created) {

    public static WriteResult refused(WriteRefusal refusal) {
        return new WriteResult(Optional.of(refusal), List.of());
    }
}
