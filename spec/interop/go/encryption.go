package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
	"github.com/apache/pulsar-client-go/pulsar/crypto"
)

var encryptionScenarios = []scenario{
	{name: "who_has_the_key_reads", body: whoHasTheKeyReads},
	{name: "who_has_no_key_gets_what_it_asked_for", body: whoHasNoKey},
}

// keyReader reads a pair of keys that is made for this scenario.
func keyReader() crypto.KeyReader {
	folder := must(os.MkdirTemp("", "interop-keys-"))
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	write := func(name, kind string, bytes []byte) string {
		file := filepath.Join(folder, name)
		block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
		check(os.WriteFile(file, block, 0o600))
		return file
	}
	public := write("public.pem", "PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&key.PublicKey)))
	private := write("private.pem", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	return crypto.NewFileKeyReader(public, private)
}

func encrypting(keys crypto.KeyReader) func(*pulsar.ProducerOptions) {
	return func(o *pulsar.ProducerOptions) {
		o.Encryption = &pulsar.ProducerEncryptionInfo{KeyReader: keys, Keys: []string{"of this run"}}
	}
}

func decrypting(keys crypto.KeyReader, action int) func(*pulsar.ConsumerOptions) {
	return func(o *pulsar.ConsumerOptions) {
		o.Decryption = &pulsar.MessageDecryptionInfo{KeyReader: keys, ConsumerCryptoFailureAction: action}
	}
}

func whoHasTheKeyReads(t *stage) {
	keys := keyReader()
	consumer := t.consumer(decrypting(keys, crypto.ConsumerCryptoFailureActionFail))
	send(t.producer(encrypting(keys)), "secret")
	batch := t.producer(encrypting(keys), func(o *pulsar.ProducerOptions) {
		o.DisableBatching = false
		o.BatchingMaxPublishDelay = 100 * time.Millisecond
		o.CompressionType = pulsar.ZSTD
	})
	sendAll(batch, numbered(0, 3))
	messages := receiveAndAck(consumer, 4)
	same(textsOf(messages), append([]string{"secret"}, numbered(0, 3)...), "texts")
	t.observe("context", messages[0].GetEncryptionContext() != nil)
	t.backlogIs(0)
}

func whoHasNoKey(t *stage) {
	keys, others := keyReader(), keyReader()
	send(t.producer(encrypting(keys)), "secret")
	send(t.producer(), "open")
	seen := t.consumer(decrypting(others, crypto.ConsumerCryptoFailureActionConsume))
	messages := receiveAndAck(seen, 2)
	context := messages[0].GetEncryptionContext()
	t.observe("consumed", string(messages[0].Payload()) == "secret")
	t.observe("algorithm", context.Algorithm)
	t.observe("keys", len(context.Keys))
	t.observe("in the clear", string(messages[1].Payload()))
	discarding := t.consumer(
		decrypting(others, crypto.ConsumerCryptoFailureActionDiscard),
		func(o *pulsar.ConsumerOptions) { o.SubscriptionName = "discarding" },
	)
	t.observe("discarded", textsOf(receiveAndAck(discarding, 1)))
}
