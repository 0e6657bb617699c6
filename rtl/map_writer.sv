// Takes the results of the map unit where they go: SRAM, a color, the accumulators, or nowhere.
//
// valid_i: out_i holds a beat; it is taken when ready_o is high in the same cycle. Elements of a contiguous vector
// are packed into a word (16 bytes of SRAM, a wavelet, a quarter of an accumulator entry), which is written or sent
// together with the beat that fills it, or with the last beat; elements of the last word that there are not are
// zero, and in SRAM not written. To a color the header goes first, as soon as beats_coming_i says that a beat is on
// its way (or here). After the beats of a norm, exponent_valid_i offers its exponent in the same way. What a descriptor
// asks for is kept from start_i on, and done from hand_i on, when everything of the one before has been taken.

module map_writer (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  input  logic [255:0] descriptor_i,   // map_descriptor_t
  input  logic [31:0]  header_i,       // header_t
  input  logic [2:0]   beat_i,
  input  logic         hand_i,

  output logic         to_sram_o,
  output logic         to_acc_o,

  input  logic         beats_coming_i,
  input  logic         valid_i,
  input  logic         last_i,         // the last beat
  input  logic [3:0]   lanes_i,        // elements that count
  input  logic [127:0] out_i,          // 4 x int32
  input  logic         exponent_valid_i,
  input  logic [7:0]   exponent_i,
  output logic         ready_o,        // beat or exponent is taken in this cycle

  output logic         write_req_o,
  output logic [11:0]  write_addr_o,
  output logic [15:0]  write_be_o,
  output logic [127:0] write_data_o,
  input  logic         write_gnt_i,

  output logic         send_o,
  output logic [3:0]   send_color_o,
  output logic         send_last_o,
  output logic [31:0]  send_data_o,
  input  logic         send_ready_i,

  output logic         acc_write_o,
  output logic [5:0]   acc_write_addr_o,
  output logic [127:0] acc_write_data_o,
  input  logic         acc_write_gnt_i,

  output logic         busy_o          // something of this module moves in this cycle
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::map_descriptor_t d;
  tessera_pkg::header_t header;
  /* verilator lint_on UNUSEDSIGNAL */
  assign d = descriptor_i;
  assign header = header_i;

  // ---------------------------------------------------------------- where to

  // Of the descriptor that was started last.
  logic         next_to_sram_q, next_to_color_q, next_to_acc_q, next_strided_q, next_norm_q;
  logic [1:0]   next_size_q;
  logic [4:0]   next_chunk_q;
  logic [15:0]  next_addr_q, next_step_q, next_exponent_addr_q;
  logic [3:0]   next_color_q;
  logic [31:0]  next_header_q;

  // Of the one that is written.
  logic         to_sram_q, to_color_q, to_acc_q, strided_q;
  logic [1:0]   size_q;          // of a packed element
  logic [4:0]   chunk_q;         // bytes of a full beat
  logic [15:0]  addr_q;          // of the next beat, in bytes: in SRAM; {entry, quarter, byte}; in the wavelet
  logic [15:0]  step_q;          // ... to the beat after it
  logic [3:0]   fill_addr_q;     // where a beat lies that fills a word
  logic [3:0]   color_q;
  logic [31:0]  header_q;
  logic         header_due_q;    // still to be sent
  logic         norm_q;          // an exponent follows
  logic [15:0]  exponent_addr_q;
  logic [127:0] pack_q;          // elements that have come, of a word that is not full
  logic [15:0]  pack_be_q;

  // ---------------------------------------------------------------- packing

  logic         fills, flush;    // the beat fills its word; the word goes
  logic [127:0] word;            // with the elements of this beat
  logic [15:0]  word_be;

  always_comb begin : packing
    logic [31:0]  o0, o1, o2, o3, mask;
    logic [127:0] chunks;
    logic [3:0]   hit;
    {o0, o1, o2, o3, mask} = 160'd0;
    chunks = 128'd0;
    hit = 4'd0;
    word = 128'd0;
    word_be = 16'd0;
    fills = 1'b0;
    flush = 1'b0;
    if (exponent_valid_i) begin
      flush = 1'b1;
      word = {16{exponent_i}};
      word_be = 16'd1 << exponent_addr_q[3:0];
    end else if (valid_i) begin
      fills = addr_q[3:0] == fill_addr_q;
      flush = last_i | strided_q | fills;
      o0 = lanes_i[0] ? out_i[31:0] : 32'd0;
      o1 = lanes_i[1] ? out_i[63:32] : 32'd0;
      o2 = lanes_i[2] ? out_i[95:64] : 32'd0;
      o3 = lanes_i[3] ? out_i[127:96] : 32'd0;
      unique case (size_q)
        tessera_pkg::Size8: begin
          chunks[31:0] = {o3[7:0], o2[7:0], o1[7:0], o0[7:0]};
          word_be = {12'd0, lanes_i};
        end
        tessera_pkg::Size16: begin
          chunks[63:0] = {o3[15:0], o2[15:0], o1[15:0], o0[15:0]};
          word_be = {8'd0, {2{lanes_i[3]}}, {2{lanes_i[2]}}, {2{lanes_i[1]}}, {2{lanes_i[0]}}};
        end
        default: begin
          chunks = {o3, o2, o1, o0};
          word_be = {{4{lanes_i[3]}}, {4{lanes_i[2]}}, {4{lanes_i[1]}}, {4{lanes_i[0]}}};
        end
      endcase
      word_be = pack_be_q | (word_be << addr_q[3:0]);

      // A chunk is offered at every place where it can lie; hit and mask say which it is.
      mask = 32'hffff_ffff;
      hit = 4'b0001 << addr_q[3:2];
      unique case (chunk_q)
        5'd16: hit = 4'b1111;
        5'd8: begin
          chunks[127:64] = chunks[63:0];
          hit = addr_q[3] ? 4'b1100 : 4'b0011;
        end
        5'd4: chunks = {4{chunks[31:0]}};
        5'd2: begin
          chunks = {8{chunks[15:0]}};
          mask = addr_q[1] ? 32'hffff_0000 : 32'h0000_ffff;
        end
        default: begin
          chunks = {16{chunks[7:0]}};
          mask = 32'h0000_00ff << {addr_q[1:0], 3'd0};
        end
      endcase
      word = pack_q | {chunks[127:96] & mask & {32{hit[3]}}, chunks[95:64] & mask & {32{hit[2]}},
                       chunks[63:32] & mask & {32{hit[1]}}, chunks[31:0] & mask & {32{hit[0]}}};
    end
  end

  // ---------------------------------------------------------------- ports

  logic header_send;

  always_comb begin
    header_send = 1'b0;
    write_req_o = 1'b0;
    acc_write_o = 1'b0;
    send_o = 1'b0;
    if (beats_coming_i || exponent_valid_i) begin
      header_send = header_due_q;
      write_req_o = to_sram_q & flush;
      acc_write_o = to_acc_q & flush;
      send_o = header_due_q | (to_color_q & flush);
    end
  end

  assign to_sram_o = to_sram_q;
  assign to_acc_o = to_acc_q;

  assign write_addr_o = exponent_valid_i ? exponent_addr_q[15:4] : addr_q[15:4];
  assign write_be_o = word_be;
  assign write_data_o = word;

  assign send_color_o = color_q;
  assign send_last_o = ~header_due_q & (exponent_valid_i | (last_i & ~norm_q));
  assign send_data_o = header_due_q ? header_q : exponent_valid_i ? 32'($signed(exponent_i)) : word[31:0];

  assign acc_write_addr_o = addr_q[9:4];
  assign acc_write_data_o = word;

  always_comb begin
    ready_o = 1'b0;
    busy_o = 1'b0;
    if (valid_i || exponent_valid_i)
      ready_o = ~header_due_q & (~flush | ((~to_sram_q | write_gnt_i) & (~to_color_q | send_ready_i) &
                                           (~to_acc_q | acc_write_gnt_i)));
    if (beats_coming_i || exponent_valid_i) busy_o = (send_o & send_ready_i) | write_req_o | acc_write_o;
  end

  // ---------------------------------------------------------------- registers

  always_ff @(posedge clk_i or negedge rst_ni) begin : next_descriptor
    logic [4:0] chunk;
    logic       strided;
    if (!rst_ni) begin
      {next_to_sram_q, next_to_color_q, next_to_acc_q, next_strided_q, next_norm_q} <= 5'd0;
      next_size_q <= 2'd0;
      next_chunk_q <= 5'd0;
      {next_addr_q, next_step_q, next_exponent_addr_q} <= 48'd0;
      next_color_q <= 4'd0;
      next_header_q <= 32'd0;
    end else if (start_i) begin
      chunk = d.out_where == tessera_pkg::WhereAcc ? {beat_i, 2'd0} : {2'd0, beat_i} << d.out_size;
      strided = d.out_where == tessera_pkg::WhereSram && d.out_stride != 16'd0;
      next_to_sram_q <= d.out_where == tessera_pkg::WhereSram;
      next_to_color_q <= d.out_where == tessera_pkg::WhereColor;
      next_to_acc_q <= d.out_where == tessera_pkg::WhereAcc;
      next_strided_q <= strided;
      next_norm_q <= d.operation == tessera_pkg::MapNorm;
      next_size_q <= d.out_where == tessera_pkg::WhereAcc ? tessera_pkg::Size32 : d.out_size;
      next_chunk_q <= chunk;
      next_step_q <= strided ? d.out_stride : {11'd0, chunk};
      next_color_q <= d.out_address[3:0];
      next_header_q <= {header.flags, d.out_stride[7:0], header.tag, header.slot, header.position};
      next_exponent_addr_q <= d.offset_high;
      unique case (d.out_where)
        tessera_pkg::WhereSram: next_addr_q <= d.out_address;
        tessera_pkg::WhereAcc: next_addr_q <= {6'd0, d.out_address[3:0], 6'd0};
        default: next_addr_q <= 16'd0;
      endcase
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : registers
    if (!rst_ni) begin
      {to_sram_q, to_color_q, to_acc_q, strided_q, header_due_q, norm_q} <= 6'd0;
      size_q <= 2'd0;
      chunk_q <= 5'd0;
      addr_q <= 16'd0;
      step_q <= 16'd0;
      fill_addr_q <= 4'd0;
      color_q <= 4'd0;
      header_q <= 32'd0;
      exponent_addr_q <= 16'd0;
      pack_q <= 128'd0;
      pack_be_q <= 16'd0;
    end else if (hand_i) begin
      to_sram_q <= next_to_sram_q;
      to_color_q <= next_to_color_q;
      to_acc_q <= next_to_acc_q;
      strided_q <= next_strided_q;
      norm_q <= next_norm_q;
      size_q <= next_size_q;
      chunk_q <= next_chunk_q;
      addr_q <= next_addr_q;
      step_q <= next_step_q;
      fill_addr_q <= next_to_color_q ? 4'd4 - next_chunk_q[3:0] : -next_chunk_q[3:0];
      color_q <= next_color_q;
      header_q <= next_header_q;
      header_due_q <= next_to_color_q;
      exponent_addr_q <= next_exponent_addr_q;
      if (pack_be_q != 16'd0) begin
        pack_q <= 128'd0;
        pack_be_q <= 16'd0;
      end
    end else if (beats_coming_i) begin
      if (header_send && send_ready_i) header_due_q <= 1'b0;
      if (valid_i && ready_o) begin
        addr_q <= to_color_q && fills ? 16'd0 : addr_q + step_q;
        if (!flush) begin
          pack_q <= word;
          pack_be_q <= word_be;
        end else if (pack_be_q != 16'd0) begin
          pack_q <= 128'd0;
          pack_be_q <= 16'd0;
        end
      end
    end
  end

endmodule
