// SPDX-License-Identifier: Apache-2.0
package io.zkflink.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.zkflink.row.EventType;
import io.zkflink.sink.ZNodeUpdate;
import io.zkflink.sink.ZooKeeperSink;
import io.zkflink.source.ZNodeChange;
import io.zkflink.source.ZooKeeperSource;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Two jobs hand data over through znodes exactly once, whatever fails. The first writes each of its results as a znode
 * {@code /handover/<id>} in the transaction of a checkpoint; the second reads each of them as it appears, counts it in
 * its checkpointed state, and keeps the sum in {@code /total}, by transactions of its own.
 */
public final class Handover {

    private Handover() {}

    /** The arguments are {@code write} or {@code read}, and a connect string. */
    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.enableCheckpointing(1_000);
        if (args[0].equals("write")) {
            write(numbers(env, 10_000), args[1]);
        } else {
            read(env, args[1]);
        }
        env.execute(args[0]);
    }

    /** The first job. */
    static void write(DataStream<Long> results, String connectString) {
        Sink<Long> sink = ZooKeeperSink.builder((Long id) ->
                        ZNodeUpdate.put("/handover/" + id, id.toString().getBytes(UTF_8)))
                .setConnectString(connectString)
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix("handover")
                .build();
        results.sinkTo(sink);
    }

    /** The second job. */
    static void read(StreamExecutionEnvironment env, String connectString) {
        ZooKeeperSource<ZNodeChange> source = ZooKeeperSource.builder()
                .setConnectString(connectString)
                .setPath("/handover/{id}")
                .build();
        DataStream<Long> totals = env.fromSource(source, WatermarkStrategy.noWatermarks(), "handover")
                .filter(change -> change.type() == EventType.CREATED)
                .map(change -> Long.valueOf(new String(change.data(), UTF_8)))
                .keyBy(value -> "all")
                .reduce(Long::sum);

        totals.sinkTo(ZooKeeperSink.builder((Long total) ->
                        ZNodeUpdate.put("/total", total.toString().getBytes(UTF_8)))
                .setConnectString(connectString)
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix("total")
                .build());
    }

    /** As many numbers from 1 on, a thousand a second. */
    static DataStream<Long> numbers(StreamExecutionEnvironment env, long count) {
        DataGeneratorSource<Long> source =
                new DataGeneratorSource<>(index -> index + 1, count, RateLimiterStrategy.perSecond(1_000), Types.LONG);
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), "numbers");
    }
}
