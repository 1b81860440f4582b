// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.recipes.Completeness;
import io.zkflink.recipes.ContenderChange;
import io.zkflink.recipes.LockDialect;
import io.zkflink.recipes.QueueRow;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.recipes.ResourceQueue;
import io.zkflink.row.Column;
import io.zkflink.row.EventType;
import io.zkflink.row.ParseErrorPolicy;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.subtree.state.Change;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.Reconciler;
import io.zkflink.subtree.state.ZNodeState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.RowData;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * What single functions cost that are called for every znode, by JMH. Run by
 * {@code mvn -Pbench verify -Dbench=FunctionBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FunctionBenchmark {

    private static final int WAITING = 10_000;
    private static final String PATH = "/services/payment/instances/10.1.2.3:8080";

    private PathTemplate template;
    private ZNodeDecoder decoder;
    private Reconciler reconciler;
    private ResourceQueue queue;
    private long zxid;
    private int first;

    public static void main(String[] arguments) throws Exception {
        Figures figures = new Figures("functions", "");
        Options options = new OptionsBuilder()
                .include(FunctionBenchmark.class.getName())
                .forks(1)
                .warmupIterations(Benchmarks.FULL ? 5 : 1)
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(Benchmarks.FULL ? 10 : 1)
                .measurementTime(TimeValue.seconds(1))
                .addProfiler(GCProfiler.class)
                .build();
        figures.beginRound();
        for (RunResult result : new Runner(options).run()) {
            String name = result.getPrimaryResult().getLabel();
            figures.note(
                    Figures.FUNCTION_TIME,
                    name,
                    "one thread",
                    result.getPrimaryResult().getScore());
            Result<?> garbage = result.getSecondaryResults().get("gc.alloc.rate.norm");
            figures.note(Figures.FUNCTION_GARBAGE, name, "one thread", garbage.getScore());
        }
        figures.save();
        System.exit(0);
    }

    @Setup
    public void setUp() {
        template = PathTemplate.parse(
                "/services/{service}/instances/{id}", PathEncoding.NONE, any -> SegmentType.of(SegmentType.Kind.TEXT));
        List<Column> columns = List.of(
                new Column.FromPath(0), new Column.FromPath(1), new Column.FromMetadata(ReadableMetadata.VERSION));
        decoder = new ZNodeDecoder(template, columns, null, ParseErrorPolicy.FAIL, "value.parse-errors");
        reconciler = new Reconciler(false);
        queue = ResourceQueue.of(RecipeSettings.lock(LockDialect.CURATOR, 1), false, false);
        List<ContenderChange> all = new ArrayList<>();
        for (int i = 0; i < WAITING; i++) {
            all.add(contender(i));
        }
        queue.evaluate(all, Completeness.EXACT, name -> {});
    }

    @Benchmark
    public Object[] matchPath() {
        return template.match(PATH);
    }

    @Benchmark
    public String resolvePath() {
        return template.resolve("payment", "10.1.2.3:8080");
    }

    @Benchmark
    public Optional<RowData> makeRow() throws IOException {
        return decoder.record(znode(1), EventType.CHANGED);
    }

    @Benchmark
    public Optional<Change> observeChange() {
        return reconciler.observe(new Observation(PATH, Optional.of(znode(++zxid)), 1, 0, 0));
    }

    @Benchmark
    public Optional<Change> observeTheSame() {
        return reconciler.observe(new Observation(PATH, Optional.of(znode(1)), 1, 0, 0));
    }

    /** The holder of a lock that {@value #WAITING} wait for goes, and another one comes. */
    @Benchmark
    public List<QueueRow.Change> handOverLock() {
        ContenderChange gone = new ContenderChange(name(first), ContenderChange.What.GONE, null);
        return queue.evaluate(List.of(gone, contender(first++ + WAITING)), Completeness.EXACT, name -> {});
    }

    private static ContenderChange contender(int sequence) {
        String path = "/locks/a/" + name(sequence);
        byte[] owner = "me".getBytes(StandardCharsets.UTF_8);
        ZNodeStat stat = new ZNodeStat(sequence, sequence, 0, 0, 0, 0, 0, 1, owner.length, 0, sequence);
        ZNodeState known = ZNodeState.of(new ZNode(path, owner, stat), true);
        return new ContenderChange(name(sequence), ContenderChange.What.NEW, known);
    }

    private static String name(int sequence) {
        return "_c_67b3f9ba-2f0f-4d9b-9a5c-0c8b0f3b0c11-lock-%010d".formatted(sequence);
    }

    private static ZNode znode(long mzxid) {
        byte[] data = {};
        return new ZNode(PATH, data, new ZNodeStat(1, mzxid, 2, 3, 4, 5, 6, 0, data.length, 8, 9));
    }
}
