// The activations of the MAC array: words of x, each with a mask of the elements that count, those that are not zero,
// by their first byte.
//
// word_valid_o offers a word; it is gone when word_ready_i is high. word_final_o: the last word of a group. One
// word is kept when the array is not ready for it, and that is as far as this module works ahead. `drained_i`: the
// array holds no word at all, so that two may be on their way. empty_o: the array has taken everything of the
// descriptor; the next one may start.
//
// From SRAM: 16-byte words, once per group, request in a cycle and the word in the next. From a color: the header
// is dropped; each payload word is 4 elements, offered in the cycle in which it is taken; then the tail. A message
// that ends too early counts as zeros from there on; what is too long is dropped up to `last`; both are an error
// (one cycle).

module mac_source (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  input  logic         running_i,      // from the cycle after start_i on, while this module is not empty
  input  logic [255:0] descriptor_i,   // mac_descriptor_t

  output logic         read_req_o,
  output logic [11:0]  read_addr_o,
  input  logic         read_gnt_i,
  input  logic [127:0] read_data_i,

  input  logic [15:0]  nonempty_i,
  output logic         take_o,
  output logic [3:0]   take_color_o,
  input  logic         take_gnt_i,
  input  logic [31:0]  take_data_i,
  input  logic         take_last_i,

  output logic         word_valid_o,
  output logic [127:0] word_o,         // from a color: 4 elements in the low 32 bits
  output logic [15:0]  word_mask_o,
  output logic         word_final_o,
  input  logic         word_ready_i,
  input  logic         drained_i,

  output logic         empty_o,
  output logic         message_done_o, // no message from a color is expected (any more)
  output logic [7:0]   tail_o,
  output logic         error_o,
  output logic [3:0]   error_color_o,
  output logic         busy_o
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::mac_descriptor_t descriptor;
  /* verilator lint_on UNUSEDSIGNAL */
  assign descriptor = descriptor_i;

  localparam logic [1:0] PhaseHeader = 2'd0;    // of the message that is being taken
  localparam logic [1:0] PhaseElements = 2'd1;
  localparam logic [1:0] PhaseTail = 2'd2;
  localparam logic [1:0] PhaseExcess = 2'd3;

  // SRAM
  logic [4:0]  groups_q;             // that have not been read completely
  logic [11:0] first_addr_q, addr_q; // SRAM words: of the group, to read next
  logic [11:0] group_stride_q;       // SRAM words between the x of two groups
  logic        wide_q;               // elements of two bytes
  logic [15:0] first_mask_q, final_mask_q;  // bytes of x in the first and in the final word of a group
  logic        arriving_q, arriving_first_q, arriving_final_q;
  // Color
  logic        message_q;
  logic [1:0]  phase_q;
  logic [3:0]  color_q;
  logic [7:0]  tail_q;
  // Both
  logic [13:0] words_q, words_left_q;  // of a group; of it not yet asked for
  // The word that is kept
  logic         kept_q, kept_final_q;
  logic [15:0]  kept_mask_q;
  logic [127:0] kept_word_q;

  // ---------------------------------------------------------------- a word comes in

  logic taken, element_word;

  // Nothing comes in while a word is kept.
  always_comb begin
    read_req_o = 1'b0;
    take_o = 1'b0;
    if (running_i && !kept_q) begin
      read_req_o = groups_q != 5'd0 && (!arriving_q || drained_i);
      take_o = message_q & nonempty_i[color_q];
    end
  end

  assign read_addr_o = addr_q;
  assign take_color_o = color_q;

  always_comb begin
    taken = 1'b0;
    element_word = 1'b0;
    error_o = 1'b0;
    if (take_o && take_gnt_i) begin
      taken = 1'b1;
      element_word = phase_q == PhaseElements;
      error_o = take_last_i ? phase_q == PhaseHeader || phase_q == PhaseElements : phase_q == PhaseTail;
    end
  end

  always_comb begin
    word_valid_o = 1'b0;
    word_final_o = 1'b0;
    word_mask_o = 16'd0;
    word_o = 128'd0;
    if (kept_q) begin
      word_valid_o = 1'b1;
      word_final_o = kept_final_q;
      word_mask_o = kept_mask_q;
      word_o = kept_word_q;
    end else if (arriving_q) begin
      word_valid_o = 1'b1;
      word_final_o = arriving_final_q;
      word_o = read_data_i;
      for (int i = 0; i < 16; i++) word_mask_o[i] = |read_data_i[i*8 +: 8];
      if (wide_q) word_mask_o = (word_mask_o | word_mask_o >> 1) & 16'h5555;
      if (arriving_first_q) word_mask_o = word_mask_o & first_mask_q;
      if (arriving_final_q) word_mask_o = word_mask_o & final_mask_q;
    end else if (taken) begin
      // A message without elements is still a group.
      word_valid_o = element_word || (phase_q == PhaseHeader && take_last_i);
      word_final_o = take_last_i || words_left_q == 14'd1;
      if (element_word) begin
        word_o[31:0] = take_data_i;
        for (int i = 0; i < 4; i++) word_mask_o[i] = |take_data_i[i*8 +: 8];
      end
    end
  end

  assign empty_o = groups_q == 5'd0 && !arriving_q && !kept_q && !message_q;
  assign message_done_o = ~message_q;
  assign tail_o = tail_q;
  assign error_color_o = color_q;
  assign busy_o = read_req_o | arriving_q | take_o;

  // ---------------------------------------------------------------- registers

  always_ff @(posedge clk_i or negedge rst_ni) begin : registers
    logic        from_color;
    logic [16:0] last_byte;   // of x, counted from the start of its first word
    logic [13:0] words;
    if (!rst_ni) begin
      groups_q <= 5'd0;
      first_addr_q <= 12'd0;
      addr_q <= 12'd0;
      group_stride_q <= 12'd0;
      wide_q <= 1'b0;
      first_mask_q <= 16'd0;
      final_mask_q <= 16'd0;
      {arriving_q, arriving_first_q, arriving_final_q} <= 3'b000;
      message_q <= 1'b0;
      phase_q <= PhaseHeader;
      color_q <= 4'd0;
      tail_q <= 8'd0;
      words_q <= 14'd0;
      words_left_q <= 14'd0;
      kept_q <= 1'b0;
      kept_final_q <= 1'b0;
      kept_mask_q <= 16'd0;
      kept_word_q <= 128'd0;
    end else if (start_i) begin
      from_color = descriptor.x_where == tessera_pkg::WhereColor;
      last_byte = {13'd0, descriptor.x_address[3:0]} +
                  (descriptor.x_wide ? {descriptor.count - 16'd1, 1'b0} : {1'b0, descriptor.count - 16'd1});
      words = from_color ? descriptor.count[15:2] : {1'b0, last_byte[16:4]} + 14'd1;
      groups_q <= from_color ? 5'd0 : descriptor.groups[4:0];
      first_addr_q <= descriptor.x_address[15:4];
      addr_q <= descriptor.x_address[15:4];
      group_stride_q <= descriptor.x_group_stride[11:0];
      wide_q <= descriptor.x_wide;
      first_mask_q <= 16'hffff << descriptor.x_address[3:0];
      final_mask_q <= 16'hffff >> ~last_byte[3:0];
      message_q <= from_color;
      phase_q <= PhaseHeader;
      color_q <= descriptor.x_address[3:0];
      words_q <= words;
      words_left_q <= words;
    end else if (running_i) begin
      kept_q <= word_valid_o & ~word_ready_i;
      if (word_valid_o && !kept_q) begin
        kept_final_q <= word_final_o;
        kept_mask_q <= word_mask_o;
        kept_word_q <= word_o;
      end
      arriving_q <= read_gnt_i;
      if (read_gnt_i) begin
        arriving_first_q <= words_left_q == words_q;
        arriving_final_q <= words_left_q == 14'd1;
        if (words_left_q == 14'd1) begin
          groups_q <= groups_q - 5'd1;
          first_addr_q <= first_addr_q + group_stride_q;
          addr_q <= first_addr_q + group_stride_q;
          words_left_q <= words_q;
        end else begin
          addr_q <= addr_q + 12'd1;
          words_left_q <= words_left_q - 14'd1;
        end
      end
      if (taken) begin
        if (take_last_i) message_q <= 1'b0;
        if (phase_q == PhaseTail) tail_q <= take_data_i[7:0];
        unique case (phase_q)
          PhaseHeader: phase_q <= PhaseElements;
          PhaseElements: if (words_left_q == 14'd1) phase_q <= PhaseTail;
          default: phase_q <= PhaseExcess;
        endcase
        if (element_word) words_left_q <= words_left_q - 14'd1;
      end
    end
  end

endmodule
