// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.nio.charset.StandardCharsets;
import org.apache.curator.framework.CuratorFramework;

/**
 * Somebody who edits feature flags: persistent znodes {@code /flags/<service>/<flag>} with JSON that are created,
 * edited and deleted.
 *
 * <p>One thread at a time.
 */
final class FlagEditor implements AutoCloseable {

    private static final String NEW_CART = "/flags/checkout/new-cart";
    private static final String RANKING = "/flags/search/ranking-v2";

    private final CuratorFramework client;

    private FlagEditor(CuratorFramework client) {
        this.client = client;
    }

    static FlagEditor start(String server) throws Exception {
        FlagEditor editor = new FlagEditor(Clients.connect(server));
        editor.write(NEW_CART, true, 10);
        return editor;
    }

    /** What happens to the flags next; after the last step they are as they were before the first. */
    void step(int number) throws Exception {
        switch (number % 5) {
            case 0 -> write(NEW_CART, true, 50);
            case 1 -> write(RANKING, true, 5);
            case 2 -> write(NEW_CART, false, 50);
            case 3 -> delete(RANKING);
            default -> write(NEW_CART, true, 10);
        }
    }

    /** Only what this editor made goes; the server may be somebody's own. */
    @Override
    public void close() {
        try (client) {
            delete(NEW_CART);
            delete(RANKING);
        } catch (Exception e) {
            throw new IllegalStateException("Cannot remove the flags of the quickstart.", e);
        }
    }

    private void write(String path, boolean enabled, int rollout) throws Exception {
        String json = "{\"enabled\":" + enabled + ",\"rollout\":" + rollout + "}";
        client.create().orSetData().creatingParentsIfNeeded().forPath(path, json.getBytes(StandardCharsets.UTF_8));
    }

    private void delete(String path) throws Exception {
        client.delete().quietly().forPath(path);
    }
}
