/// Hashes that are the same in every process, for seeds that are keyed by a name.
public enum StableHash {
  /// A hash of the UTF-8 bytes of `text`: FNV-1a of 64 bits, then the finaliser of MurmurHash3.
  public static func hash64(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ (hash >> 33)
  }
}
