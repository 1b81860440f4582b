// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The state of the enumerator: the split that no reader has, or none. */
class HistoryEnumeratorTest {

    private static HistoryEnumerator.State restored(HistoryEnumerator.State state) throws IOException {
        var serializer = HistoryEnumerator.State.SERIALIZER;
        return serializer.deserialize(serializer.getVersion(), serializer.serialize(state));
    }

    @Test
    void stateSurvives() throws Exception {
        for (HistorySplit split : new HistorySplit[] {
            null, HistorySplit.fresh(), new HistorySplit(0, HistorySplit.WHOLE), new HistorySplit(0x200000005L, 3)
        }) {
            HistoryEnumerator.State state = new HistoryEnumerator.State(split);
            assertThat(restored(state)).isEqualTo(state);
        }
    }
}
