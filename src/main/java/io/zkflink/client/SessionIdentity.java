// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import io.zkflink.client.settings.Secret;
import org.apache.flink.annotation.Internal;

/**
 * What it takes to go on with a session from another process.
 *
 * @param password in Base64: whoever knows it can act as this session, and so delete what it owns
 */
@Internal
public record SessionIdentity(long id, Secret password) {

    /** As ZooKeeper's own programs spell a session. */
    public String name() {
        return name(id);
    }

    public static String name(long id) {
        return "0x" + Long.toHexString(id);
    }
}
