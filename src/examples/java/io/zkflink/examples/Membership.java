// SPDX-License-Identifier: Apache-2.0
package io.zkflink.examples;

import io.zkflink.sink.ZNodeUpdate;
import io.zkflink.sink.ZooKeeperSink;
import io.zkflink.source.ZNodeChange;
import io.zkflink.source.ZooKeeperSource;
import java.util.TreeSet;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Who is alive: each member of a cluster keeps an ephemeral znode {@code /members/<cluster>/<member>}, and one job
 * tells, whenever that changes, who there is. A member whose session has expired is gone; nobody has to clean up after
 * it. Jobs can be members, too, and stay it over their failures.
 */
public final class Membership {

    private Membership() {}

    /** The argument is a connect string. */
    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.enableCheckpointing(10_000);
        alive(env, args[0]).print();
        env.execute("membership");
    }

    /** Makes each of these a member of the shop, for as long as this job has it. */
    static void join(DataStream<String> members, String connectString) {
        ZooKeeperSink.builder((String member) -> ZNodeUpdate.put("/members/shop/" + member, null))
                .setConnectString(connectString)
                .writeEphemeral(members)
                .uid("members");
    }

    static DataStream<String> alive(StreamExecutionEnvironment env, String connectString) {
        ZooKeeperSource<ZNodeChange> source = ZooKeeperSource.builder()
                .setConnectString(connectString)
                .setPath("/members/{cluster}/{member}")
                .build();
        DataStream<ZNodeChange> changes = env.fromSource(source, WatermarkStrategy.noWatermarks(), "members");

        return changes.keyBy(change -> change.segment(1)).process(new Alive());
    }

    /** Keeps the members of one cluster. */
    static final class Alive extends KeyedProcessFunction<String, ZNodeChange, String> {

        private static final long serialVersionUID = 1L;

        private transient MapState<String, Boolean> members;

        @Override
        public void open(OpenContext context) {
            members = getRuntimeContext().getMapState(new MapStateDescriptor<>("members", String.class, Boolean.class));
        }

        @Override
        public void processElement(ZNodeChange change, Context context, Collector<String> out) throws Exception {
            if (change.isDeletion()) {
                members.remove(change.name());
            } else {
                members.put(change.name(), true);
            }
            TreeSet<String> names = new TreeSet<>();
            members.keys().forEach(names::add);
            out.collect(context.getCurrentKey() + ": " + names);
        }
    }
}
