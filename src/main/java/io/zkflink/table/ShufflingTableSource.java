// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.lookup.LookupKeys;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsLookupCustomShuffle;
import org.apache.flink.table.data.RowData;

/**
 * A table whose lookups can be spread over the subtasks by place, so that no two caches hold the same rows. Not on
 * Flink 1.20, see {@link TableSources}.
 */
final class ShufflingTableSource extends ZooKeeperTableSource implements SupportsLookupCustomShuffle {

    /** The lookups to be shuffled, by the produced columns that they bind. */
    private final Map<List<Integer>, LookupKeys> lookups = new HashMap<>();

    private ShufflingTableSource(ZooKeeperTableSource source) {
        super(source);
    }

    /** Returns an interface so that the verifier of a caller need not know this class. */
    static DynamicTableSource of(ZooKeeperTableSource source) {
        return new ShufflingTableSource(source);
    }

    @Override
    void looksUp(LookupContext context, LookupKeys keys) {
        if (context.preferCustomShuffle()) {
            lookups.put(Arrays.stream(context.getKeys()).map(path -> path[0]).toList(), keys);
        }
    }

    /**
     * Nothing if no column of the path is bound. Also nothing if two joins with different keys share this source: the
     * planner merges equal scans, plans one join inside the other, and does not say for which it asks.
     */
    @Override
    public Optional<InputDataPartitioner> getPartitioner() {
        return lookups.size() == 1
                ? lookups.values().stream()
                        .filter(keys -> keys.leadingColumns() > 0)
                        .findFirst()
                        .map(ByPlace::new)
                : Optional.empty();
    }

    @Override
    public DynamicTableSource copy() {
        return new ShufflingTableSource(this);
    }

    /** Rows that look in the same place go to the same subtask. */
    private record ByPlace(LookupKeys keys) implements InputDataPartitioner {
        @Override
        public int partition(RowData key, int partitions) {
            // Numbers are their own hashes, and often all of them multiples of something.
            int mixed = keys.hashOfPlace(key) * 0x9E3779B9;
            return Math.floorMod(mixed ^ (mixed >>> 16), partitions);
        }
    }
}
