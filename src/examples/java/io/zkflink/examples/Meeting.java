// SPDX-License-Identifier: Apache-2.0
package io.zkflink.examples;

import io.zkflink.sink.ZNodeUpdate;
import io.zkflink.sink.ZooKeeperSink;
import io.zkflink.source.ZNodeChange;
import io.zkflink.source.ZooKeeperSource;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.co.BroadcastProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Jobs meet at a barrier: each comes with an ephemeral znode {@code /meeting/<job>}, and begins when enough are there.
 * It stays as long as it runs. Whoever wants them to meet creates {@code /meeting}, and can do so before or after they
 * start.
 */
final class Meeting {

    private Meeting() {}

    /** Keeps back what a job is to do until so many jobs have come. */
    static DataStream<Long> await(DataStream<Long> work, String job, int jobs, String connectString) {
        StreamExecutionEnvironment env = work.getExecutionEnvironment();
        DataStream<ZNodeChange> invitations = changes(env, "/meeting", connectString);
        ZooKeeperSink.builder((ZNodeChange invitation) -> ZNodeUpdate.put("/meeting/" + job, null))
                .setConnectString(connectString)
                .writeEphemeral(invitations.filter(change -> !change.isDeletion()))
                .uid("comes");
        return work.connect(changes(env, "/meeting/{job}", connectString).broadcast(Wait.THERE))
                .process(new Wait(jobs))
                .uid("waits");
    }

    private static DataStream<ZNodeChange> changes(StreamExecutionEnvironment env, String path, String connectString) {
        ZooKeeperSource<ZNodeChange> source = ZooKeeperSource.builder()
                .setConnectString(connectString)
                .setPath(path)
                .build();
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), path).uid(path);
    }

    /** Who has begun does not stop when somebody leaves. */
    static final class Wait extends BroadcastProcessFunction<Long, ZNodeChange, Long> implements CheckpointedFunction {

        static final MapStateDescriptor<String, Boolean> THERE =
                new MapStateDescriptor<>("there", String.class, Boolean.class);

        private static final long serialVersionUID = 1L;
        private static final String BEGUN = "";

        private final int jobs;
        private transient ListState<Long> waiting;

        Wait(int jobs) {
            this.jobs = jobs;
        }

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            waiting = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("waiting", Types.LONG));
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {
            // What waits is in the state already.
        }

        @Override
        public void processElement(Long element, ReadOnlyContext context, Collector<Long> out) throws Exception {
            if (context.getBroadcastState(THERE).contains(BEGUN)) {
                out.collect(element);
            } else {
                waiting.add(element);
            }
        }

        @Override
        public void processBroadcastElement(ZNodeChange change, Context context, Collector<Long> out) throws Exception {
            BroadcastState<String, Boolean> there = context.getBroadcastState(THERE);
            if (there.contains(BEGUN)) {
                return;
            }
            if (change.isDeletion()) {
                there.remove(change.name());
            } else {
                there.put(change.name(), true);
            }
            int count = 0;
            for (var unused : there.immutableEntries()) {
                count++;
            }
            if (count >= jobs) {
                there.put(BEGUN, true);
                for (Long element : waiting.get()) {
                    out.collect(element);
                }
                waiting.clear();
            }
        }
    }
}
