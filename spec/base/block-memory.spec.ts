import { describe, expect, it } from 'vitest';
import { BlockMemory } from '../../src/base/block-memory.ts';

const BLOCK = 100;

describe('memory in blocks', () => {
  it('is given side by side until a block is full, and never twice', () => {
    const memory = new BlockMemory(BLOCK, 2);
    const parts = [30, 30, 30, 30].map((bytes) => memory.take(bytes));
    for (const [index, { bytes }] of parts.entries()) bytes.fill(index);
    expect(parts.map(({ bytes }) => bytes.every((byte, _, all) => byte === all[0]))).toEqual(
      Array(4).fill(true),
    );
    expect(parts.map(({ bytes }, index) => bytes[0] === index)).toEqual(Array(4).fill(true));
    expect(new Set(parts.map(({ block }) => block)).size).toBe(2);
    expect(memory.bytes).toBe(2 * BLOCK);
  });

  it('is used again when its last holder has given it back', () => {
    const memory = new BlockMemory(BLOCK, 2);
    const first = memory.take(50).block;
    memory.hold(first);
    const others = [memory.take(50), memory.take(50)];
    memory.release(first);
    expect(memory.take(50).block).not.toBe(first);
    memory.release(first);
    memory.release(others[0]!.block);
    expect(memory.take(50).block).toBe(first);
  });

  it('of most of a block is a block of its own, which is not kept for others', () => {
    const memory = new BlockMemory(BLOCK, 2);
    const large = memory.take(51);
    expect(large.bytes).toHaveLength(51);
    memory.release(large.block);
    expect(memory.bytes).toBe(0);
    expect(memory.take(50).block).not.toBe(large.block);
  });

  it('that is lent is used again after the loan, and never if somebody keeps it', () => {
    const memory = new BlockMemory(BLOCK, 4);
    const [lent, kept, given] = [memory.take(50), memory.take(50), memory.take(50)];
    expect(kept.block).toBe(lent.block);
    memory.take(50);
    memory.lend(lent.block, false);
    memory.release(lent.block);
    memory.release(kept.block);
    expect(memory.take(50).block).not.toBe(lent.block);
    memory.settle(false);
    memory.take(50);
    expect(memory.take(50).block).toBe(lent.block);
    memory.lend(given.block, true);
    memory.release(given.block);
    memory.release(given.block);
    for (let i = 0; i < 20; i++) expect(memory.take(50).block).not.toBe(given.block);
  });

  it('finds the block of its bytes, and of no others', () => {
    const memory = new BlockMemory(BLOCK, 2);
    const { block, bytes } = memory.take(10);
    expect(memory.blockOf(bytes.subarray(3))).toBe(block);
    expect(memory.blockOf(Buffer.allocUnsafeSlow(10))).toBeUndefined();
  });

  it('cannot be given back twice, nor held when nobody holds it', () => {
    const memory = new BlockMemory(BLOCK, 2);
    const { block } = memory.take(10);
    memory.release(block);
    expect(() => memory.release(block)).toThrow('once by each holder');
    expect(() => memory.hold(block)).toThrow('another one by now');
  });
});
