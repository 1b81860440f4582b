// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.enumerator;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.source.split.Buckets;
import io.zkflink.source.split.SubtreeSplit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.metrics.groups.SplitEnumeratorMetricGroup;
import org.junit.jupiter.api.Test;

/** Who reads which buckets, at the start and after a restore. */
class SubtreeEnumeratorTest {

    private static final List<SubtreeSplit> ALL =
            IntStream.range(0, Buckets.COUNT).mapToObj(SubtreeSplit::fresh).toList();

    @Test
    void eachReaderGetsItsShareAtOnce() {
        Context context = new Context(4);
        SubtreeEnumerator enumerator = new SubtreeEnumerator(context, 2, ALL, reader -> List.of(), false);
        context.register(enumerator, 1);
        assertThat(context.assigned.get(1)).hasSize(64);
        assertThat(context.ended).containsExactly(1);
        for (int reader : new int[] {0, 2, 3}) {
            context.register(enumerator, reader);
        }
        assertThat(context.assigned.keySet()).containsExactly(0, 1);
        assertThat(context.ended).containsExactly(0, 1, 2, 3);
        assertThat(enumerator.snapshotState(1)).isEmpty();
    }

    /** As a rescaled job hands them out: in turn, to all. */
    @Test
    void noMoreReadersThanWantedHaveBucketsAfterARestore() {
        for (int wanted = 1; wanted <= 5; wanted++) {
            for (int parallelism = 1; parallelism <= 4; parallelism++) {
                Context context = new Context(parallelism);
                int readers = parallelism;
                SubtreeEnumerator enumerator = new SubtreeEnumerator(
                        context,
                        wanted,
                        List.of(),
                        reader -> ALL.stream()
                                .filter(split -> split.bucket() * readers / Buckets.COUNT == reader.getSubtaskId())
                                .toList(),
                        true);
                for (int reader = parallelism - 1; reader >= 0; reader--) {
                    assertThat(context.assigned).isEmpty();
                    assertThat(context.ended).isEmpty();
                    context.register(enumerator, reader);
                    assertThat(enumerator.snapshotState(1).size()
                                    + context.assigned.values().stream()
                                            .mapToInt(List::size)
                                            .sum())
                            .isEqualTo(
                                    reader == 0
                                            ? Buckets.COUNT
                                            : enumerator.snapshotState(1).size());
                }
                assertThat(context.assigned).hasSize(Math.min(wanted, parallelism));
                assertThat(context.ended).hasSize(parallelism);
                assertThat(enumerator.snapshotState(1)).isEmpty();
            }
        }
    }

    @Test
    void aReaderThatFailsAloneGetsItsBucketsBack() {
        Context context = new Context(2);
        Map<Integer, List<SubtreeSplit>> state = new HashMap<>(Map.of(0, ALL, 1, List.of()));
        SubtreeEnumerator enumerator =
                new SubtreeEnumerator(context, 2, List.of(), reader -> state.get(reader.getSubtaskId()), true);
        context.register(enumerator, 0);
        context.register(enumerator, 1);
        List<SubtreeSplit> share = context.assigned.remove(1);
        context.readers.remove(1);
        enumerator.addSplitsBack(share, 1);
        context.register(enumerator, 1);
        assertThat(context.assigned.get(1)).containsExactlyInAnyOrderElementsOf(share);
    }

    /** What the enumerator does to the readers. */
    private static final class Context implements SplitEnumeratorContext<SubtreeSplit> {
        private final int parallelism;
        private final Map<Integer, ReaderInfo> readers = new TreeMap<>();
        private final Map<Integer, List<SubtreeSplit>> assigned = new TreeMap<>();
        private final TreeSet<Integer> ended = new TreeSet<>();

        Context(int parallelism) {
            this.parallelism = parallelism;
        }

        void register(SubtreeEnumerator enumerator, int reader) {
            readers.put(reader, new ReaderInfo(reader, "here"));
            enumerator.addReader(reader);
        }

        @Override
        public int currentParallelism() {
            return parallelism;
        }

        @Override
        public Map<Integer, ReaderInfo> registeredReaders() {
            return readers;
        }

        @Override
        public void assignSplits(SplitsAssignment<SubtreeSplit> assignment) {
            assignment.assignment().forEach((reader, splits) -> {
                assertThat(readers).containsKey(reader);

                assigned.computeIfAbsent(reader, any -> new ArrayList<>()).addAll(splits);
            });
        }

        @Override
        public void signalNoMoreSplits(int reader) {
            ended.add(reader);
        }

        @Override
        public SplitEnumeratorMetricGroup metricGroup() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void sendEventToSourceReader(int reader, SourceEvent event) {
            throw new UnsupportedOperationException();
        }

        @Override
        public <T> void callAsync(Callable<T> callable, BiConsumer<T, Throwable> handler) {
            throw new UnsupportedOperationException();
        }

        @Override
        public <T> void callAsync(Callable<T> callable, BiConsumer<T, Throwable> handler, long delay, long period) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void runInCoordinatorThread(Runnable action) {
            throw new UnsupportedOperationException();
        }
    }
}
