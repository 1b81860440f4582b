// SPDX-License-Identifier: Apache-2.0
package io.zkflink.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.zkflink.source.ZNodeChange;
import io.zkflink.source.ZNodeDeserializationSchema;
import io.zkflink.source.ZooKeeperSource;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.datastream.BroadcastStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.co.BroadcastProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Dynamic configuration: each znode {@code /rules/<name>} holds a limit, and each order is held against all of them.
 * Whoever edits a znode changes what the running job does; nothing is restarted. The rules are broadcast state, so that
 * after a failover the job goes on with those that it had, and then hears what has changed meanwhile.
 */
public final class DynamicRules {

    private static final MapStateDescriptor<String, Long> RULES =
            new MapStateDescriptor<>("rules", Types.STRING, Types.LONG);

    private DynamicRules() {}

    /** The argument is a connect string. */
    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.enableCheckpointing(10_000);
        alarms(env, args[0]).print();
        env.execute("dynamic rules");
    }

    static DataStream<String> alarms(StreamExecutionEnvironment env, String connectString) {
        ZooKeeperSource<Rule> source = ZooKeeperSource.builder()
                .setConnectString(connectString)
                .setPath("/rules/{name}")
                .setDeserializer(new RuleSchema())
                .build();
        BroadcastStream<Rule> rules = env.fromSource(source, WatermarkStrategy.noWatermarks(), "rules")
                .broadcast(RULES);

        return orders(env).connect(rules).process(new Check());
    }

    /** Amounts from 0 to 99, a thousand a second. */
    private static DataStream<Long> orders(StreamExecutionEnvironment env) {
        DataGeneratorSource<Long> source = new DataGeneratorSource<>(
                index -> index % 100, Long.MAX_VALUE, RateLimiterStrategy.perSecond(1_000), Types.LONG);
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), "orders");
    }

    /**
     * What a znode says.
     *
     * @param limit null if the rule is gone
     */
    public record Rule(String name, Long limit) {}

    /** The data of a znode is a number; whoever wrote something else is not heard. */
    static final class RuleSchema implements ZNodeDeserializationSchema<Rule> {

        private static final long serialVersionUID = 1L;

        @Override
        public Rule deserialize(ZNodeChange change) {
            if (change.isDeletion()) {
                return new Rule(change.name(), null);
            }
            try {
                return new Rule(change.name(), Long.valueOf(new String(change.data(), UTF_8)));
            } catch (NumberFormatException e) {
                return null;
            }
        }

        @Override
        public TypeInformation<Rule> getProducedType() {
            return TypeInformation.of(Rule.class);
        }
    }

    /** Holds orders against the rules of this moment. */
    static final class Check extends BroadcastProcessFunction<Long, Rule, String> {

        private static final long serialVersionUID = 1L;

        @Override
        public void processBroadcastElement(Rule rule, Context context, Collector<String> out) throws Exception {
            BroadcastState<String, Long> rules = context.getBroadcastState(RULES);
            if (rule.limit() == null) {
                rules.remove(rule.name());
            } else {
                rules.put(rule.name(), rule.limit());
            }
        }

        @Override
        public void processElement(Long amount, ReadOnlyContext context, Collector<String> out) throws Exception {
            for (Map.Entry<String, Long> rule : context.getBroadcastState(RULES).immutableEntries()) {
                if (amount > rule.getValue()) {
                    out.collect(amount + " is over the limit " + rule.getValue() + " of " + rule.getKey());
                }
            }
        }
    }
}
