// SPDX-License-Identifier: Apache-2.0
package io.zkflink.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.zkflink.sink.ZNodeSerializationSchema;
import io.zkflink.sink.ZNodeUpdate;
import io.zkflink.sink.ZooKeeperSink;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A job that does its work only while it holds a lock, so that of several such jobs one works and the others stand by.
 * The lock is held while the job runs, not while it is submitted. A job that has lost it, though it may not know it
 * yet, can write nothing, and what it wrote says by which grant of the lock it did.
 */
public final class GuardedJob {

    private GuardedJob() {}

    /** The arguments are a name for the job, and a connect string. */
    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.enableCheckpointing(1_000);
        report(totals(env), args[0], args[1]);
        env.execute(args[0]);
    }

    /** Keeps {@code /report} up to date, while this job holds the lock. */
    static void report(DataStream<Long> totals, String name, String connectString) {
        Sink<Long> sink = ZooKeeperSink.builder(new Report(name))
                .setConnectString(connectString)
                .setGuardLock("/locks/report")
                .build();
        totals.sinkTo(sink).setParallelism(1).setMaxParallelism(1).disableChaining();
    }

    /** What the report says: which job wrote it, by which grant of the lock, and the total. */
    static final class Report implements ZNodeSerializationSchema<Long> {

        private static final long serialVersionUID = 1L;

        private final String job;
        private transient long fencingToken;

        Report(String job) {
            this.job = job;
        }

        @Override
        public void granted(long fencingToken) {
            this.fencingToken = fencingToken;
        }

        @Override
        public ZNodeUpdate serialize(Long total) {
            return ZNodeUpdate.put("/report", (job + " " + fencingToken + " " + total).getBytes(UTF_8));
        }
    }

    static DataStream<Long> totals(StreamExecutionEnvironment env) {
        DataGeneratorSource<Long> source = new DataGeneratorSource<>(
                index -> index, Long.MAX_VALUE, RateLimiterStrategy.perSecond(100), Types.LONG);
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), "numbers")
                .keyBy(value -> "all")
                .reduce(Long::sum);
    }
}
