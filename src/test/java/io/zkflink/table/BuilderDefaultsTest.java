// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.CreateMode;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.table.options.OptionsReader;
import io.zkflink.table.options.SinkOptionsReader;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;

/** Who builds without SQL gets what SQL gives to those who set nothing. */
class BuilderDefaultsTest {

    private final Configuration options = Configuration.fromMap(Map.of("connect-string", "localhost:2181"));
    private final OptionsReader reader = new OptionsReader(options, options.toMap(), new Configuration());

    @Test
    void ofConnections() {
        assertThat(ConnectionSettings.of("localhost:2181")).isEqualTo(reader.connection());
    }

    @Test
    void ofSinks() {
        SinkOptionsReader sink = new SinkOptionsReader(options, reader);
        assertThat(SinkSettings.DEFAULTS).isEqualTo(sink.settings());
        assertThat(sink.delivery(CreateMode.PERSISTENT)).isEqualTo(new Delivery.AtLeastOnce());
    }
}
