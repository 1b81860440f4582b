// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a catalog goes by.
 *
 * @param options of the connection as they were written, for tables; never printed, since they may hold passwords
 * @param path the znode below which definitions are
 * @param acl of the znodes of definitions
 * @param dataIsBytes whether the data of znodes is BYTES in tables of the database {@code tree}, else STRING
 * @param history the folders with the files of the ensemble's servers; none if they are not known
 * @param maxStaleness how long definitions are answered from what was last known while the connection is lost
 */
record CatalogSettings(
        ConnectionSettings connection,
        Map<String, String> options,
        String path,
        Acl acl,
        boolean dataIsBytes,
        List<String> history,
        Duration maxStaleness) {

    CatalogSettings {
        options = Map.copyOf(options);
        history = List.copyOf(history);
    }

    @Override
    public String toString() {
        return connection + " " + path;
    }
}
