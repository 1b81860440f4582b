// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.util.List;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.transformations.WithBoundedness;

/**
 * Runs each job in a Flink cluster of its own inside this JVM, and remembers whether the last one ends by itself, which
 * no result of Flink says.
 */
final class LocalFlink extends StreamExecutionEnvironment {

    private boolean bounded;

    LocalFlink(Configuration configuration, ClassLoader classLoader) {
        super(configuration, classLoader);
    }

    boolean isBounded() {
        return bounded;
    }

    @Override
    public StreamGraph generateStreamGraph(List<Transformation<?>> sinks) {
        bounded = sinks.stream()
                .flatMap(sink -> sink.getTransitivePredecessors().stream())
                .filter(WithBoundedness.class::isInstance)
                .map(WithBoundedness.class::cast)
                .allMatch(source -> source.getBoundedness() == Boundedness.BOUNDED);
        return super.generateStreamGraph(sinks);
    }
}
