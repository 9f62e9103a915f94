// A pair of keys for end-to-end encryption, made for this run.

import org.apache.pulsar.client.api.CryptoKeyReader;
import org.apache.pulsar.client.api.EncryptionKeyInfo;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.Map;

final class Keys implements CryptoKeyReader {
    private static final KeyPair PAIR = pair();

    @Override
    public EncryptionKeyInfo getPublicKey(String name, Map<String, String> metadata) {
        return pem("PUBLIC KEY", PAIR.getPublic().getEncoded());
    }

    @Override
    public EncryptionKeyInfo getPrivateKey(String name, Map<String, String> metadata) {
        return pem("PRIVATE KEY", PAIR.getPrivate().getEncoded());
    }

    private static EncryptionKeyInfo pem(String kind, byte[] key) {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key);
        String all = "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n";
        return new EncryptionKeyInfo(Stage.bytes(all), Map.of());
    }

    private static KeyPair pair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }
}
